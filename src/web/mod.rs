//! The pages and the JSON API: what axum and askama do here and nowhere else.

mod admission;
mod api;
mod assets;
mod browser_name;
mod consent;
mod context;
mod error;
mod extract;
mod flash;
mod guard;
mod health;
mod open_requests;
mod pages;
mod present;
mod rate_limit;
mod request_limit;
mod retirement;
mod routes;
pub mod server;
mod site;
mod state;
pub mod views;

pub use self::{
    api::description as api_description, assets::serve_from as serve_static_files_from,
    routes::router, site::Site, state::AppState,
};
