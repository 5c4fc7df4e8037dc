//! The nouns of an alerts page and the arithmetic of sky and time; no input, no output.

pub mod alert;
pub mod api_token;
pub mod count;
pub mod filter;
pub mod found_alert;
pub mod grant;
pub mod group;
pub mod history;
pub mod kept;
pub mod limiter;
pub mod listener;
pub mod member;
pub mod numbers;
pub mod replica;
pub mod run;
pub mod saved_query;
pub mod sealed;
pub mod sharing;
pub mod sky;
pub mod target;
pub mod text_input;
pub mod time;
pub mod timing;
pub mod visitor;
pub mod wording;
