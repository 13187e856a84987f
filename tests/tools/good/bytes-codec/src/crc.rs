//! CRC-32 as in ZIP and PNG (polynomial 0xEDB88320, reflected).

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    let mut first: u32 = 0;
    while byte < table.len() {
        let mut value = first;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                value >> 1 ^ 0xEDB8_8320
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
        first += 1;
    }
    table
};

pub fn crc32(bytes: &[u8]) -> u32 {
    let rest = bytes.iter().fold(u32::MAX, |rest, byte| {
        let [low, ..] = (rest ^ u32::from(*byte)).to_le_bytes();
        rest >> 8 ^ TABLE[usize::from(low)]
    });
    !rest
}
