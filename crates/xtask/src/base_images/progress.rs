//! Progress messages of the command.

/// Prints a progress message.
pub(super) fn report(message: &str) {
    println!("base images: {message}");
}
