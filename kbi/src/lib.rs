//! kbi
