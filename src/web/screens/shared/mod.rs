//! What several subjects show, or the pages and the API: sharing, history, a run's progress, a form's values in words, how
//! targets are typed and searched, what lists are asked for, and the way back to them.

pub(in crate::web) mod echo;
pub(in crate::web) mod history;
pub(in crate::web) mod history_export;
pub(in crate::web) mod history_filter;
pub(in crate::web) mod history_words;
pub(in crate::web) mod kept_answer;
pub(in crate::web) mod owned;
pub(in crate::web) mod parameters;
pub(in crate::web) mod query_buttons;
pub(in crate::web) mod result_columns;
pub(in crate::web) mod results_request;
pub(in crate::web) mod run_log;
pub(in crate::web) mod run_progress;
pub(in crate::web) mod run_waiting;
pub(in crate::web) mod runs_request;
pub(in crate::web) mod share;
pub(in crate::web) mod sharing_labels;
pub(in crate::web) mod stop_label;
pub(in crate::web) mod target_fields;
pub(in crate::web) mod target_search;
pub(in crate::web) mod targets_request;
pub(in crate::web) mod unreadable_bytes;
pub(in crate::web) mod way_back;
