//! The deployment beside the program that it deploys. What comes of it `tests/image` tries.

mod context;
mod image;
mod settings;
