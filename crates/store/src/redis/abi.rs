//! Version of the data that the master and the workers share.

/// Version of the job specification, the payloads and the manifests, which the master and the workers share. Workers
/// skip jobs of another version.
pub(super) const ABI: &str = "3";
