//! Tests of all layers together: from variables, files and flags to settings or an error.

mod defaults;
mod environment;
mod flags;
mod harness;
mod layers;
mod reference_pages;
mod refusals;
