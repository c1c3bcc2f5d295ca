//! Guards commands, for tests.

fn main() {
    streaming::guard_if_asked();
}
