//! Gauss and Jordan.

use crate::fraction::{Fraction, Overflow};

/// A system in its reduced form.
pub struct Reduced {
    /// In each row with a pivot that is 1, and all others of its column are 0.
    pub rows: Vec<Vec<Fraction>>,
    /// The pivot's column of each row that has one.
    pub pivots: Vec<usize>,
    /// Of the coefficients, if there are as many rows as columns of them.
    pub determinant: Fraction,
}

/// Brings rows of so many coefficients, and a sum each, into the reduced form.
pub fn reduce(mut rows: Vec<Vec<Fraction>>, unknowns: usize) -> Result<Reduced, Overflow> {
    let mut pivots = Vec::new();
    let mut determinant = Fraction::ONE;
    for column in 0..unknowns {
        let at = pivots.len();
        let Some(found) = (at..rows.len()).find(|row| !rows[*row][column].is_zero()) else {
            determinant = Fraction::ZERO;
            continue;
        };
        if found != at {
            rows.swap(found, at);
            determinant = determinant.negative()?;
        }
        let pivot = rows[at][column];
        determinant = determinant.times(pivot)?;
        let inverse = pivot.inverse()?;
        for value in &mut rows[at] {
            *value = value.times(inverse)?;
        }
        let reduced = rows[at].clone();
        for (index, row) in rows.iter_mut().enumerate() {
            let factor = row[column];
            if index == at || factor.is_zero() {
                continue;
            }
            for (value, above) in row.iter_mut().zip(&reduced) {
                *value = value.minus(above.times(factor)?)?;
            }
        }
        pivots.push(column);
    }
    Ok(Reduced {
        rows,
        pivots,
        determinant,
    })
}
