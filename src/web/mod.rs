//! The pages and the JSON API: what axum and askama do here and nowhere else.

mod api;
mod door;
mod frame;
mod health;
mod paths;
mod routes;
mod screens;
pub mod server;
mod state;
mod widgets;

pub use self::{
    api::description as api_description,
    frame::{assets::serve_from as serve_static_files_from, site::Site},
    routes::router,
    state::{AppState, StateParts},
};
