//! Clusters of real processes, with and without fire: the result is right, byte for byte, or there is
//! none and the message names the cause.

mod exact;
