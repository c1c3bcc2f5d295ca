//! The settings as a tree: sections, and the settings in them.

use super::section::SettingsSection;
use super::sections::{
    CheckpointSettings, CrashSettings, InputSettings, JobSettings, LogSettings, OutputSettings,
    RedisSettings, ShuffleSettings, WorkerSettings,
};

/// Declares the tree: the struct with all sections, and the list of sections in the order of the reference.
macro_rules! tree {
    ($($section:ident: $type:ident),+ $(,)?) => {
        /// All settings of a process; [`super::reference()`] describes them.
        #[derive(Debug, Clone, PartialEq, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Settings {
            $(
                #[doc = concat!("Section `", stringify!($section), "`.")]
                pub $section: $type,
            )+
        }

        /// All sections in the order of the reference.
        pub(super) const SECTIONS: &[SettingsSection] = &[$($type::SECTION),+];
    };
}

tree! {
    redis: RedisSettings,
    job: JobSettings,
    input: InputSettings,
    output: OutputSettings,
    shuffle: ShuffleSettings,
    worker: WorkerSettings,
    checkpoint: CheckpointSettings,
    log: LogSettings,
    crash: CrashSettings,
}
