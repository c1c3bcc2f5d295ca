//! Reproducible random text. The frequencies of its words are as skewed as in natural language.

/// Returns records of about twenty words each, about `bytes` bytes in total. Few words are frequent, many are rare.
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

/// Returns a word. The magnitude of its frequency rank is uniformly distributed up to a million.
fn word(random: &mut Random) -> String {
    let below = 1 << (1 + random.below(20));
    let mut rank = random.below(below);
    // Spell the rank in letters, so that frequent words are short. A suffix below makes some words too long for a slot
    // of the table.
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

/// An xorshift generator, which is good enough to choose words.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}
