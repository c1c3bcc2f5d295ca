//! Generated text with a skewed word distribution, identical in every run.

/// Returns records of about twenty words each and about `bytes` bytes in total. Few words are frequent, many are rare.
pub(crate) fn records(bytes: usize) -> Vec<String> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut records = Vec::new();
    let mut written = 0;
    while written < bytes {
        let count = 10 + random.below(20);
        let words: Vec<String> = (0..count).map(|_| word(&mut random)).collect();
        let record = words.join(" ");
        written += record.len();
        records.push(record);
    }
    records
}

/// Returns a word whose rank is uniform over the magnitudes up to a million, as in natural text.
fn word(random: &mut Random) -> String {
    let below = 1 << (1 + random.below(20));
    let mut rank = random.below(below);
    // The letters encode the rank, so frequent words are short. Some words exceed a slot of the count table.
    let mut word = String::new();
    loop {
        word.push((b'a' + (rank % 26) as u8) as char);
        rank /= 26;
        if rank == 0 {
            break;
        }
    }
    match random.below(50) {
        0 => word + "@customer-support-desk",
        1 => word + "é",
        2..6 => word + ",",
        _ => word,
    }
}

/// Xorshift generator; its quality suffices for choosing words.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}
