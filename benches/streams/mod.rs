//! What the benchmarks of streams share: messages, our side, the emulator warmed up, the table.

pub(crate) mod publish;
pub(crate) mod service;
pub(crate) mod turn;
pub(crate) mod warm_up;
