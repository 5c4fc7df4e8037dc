//! Seeded randomness: the same seed gives the same draws on every run.

use std::f64::consts::TAU;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of draws that depends on nothing but its seed.
pub(super) struct Draw {
    rng: ChaCha8Rng,
    spare_normal: Option<f64>,
}

impl Draw {
    /// The stream of these numbers together.
    pub(super) fn seeded(parts: &[u64]) -> Self {
        let seed = parts.iter().fold(0x5A54_4600_0000_0001, |state, part| split_mix(state ^ part));
        Self { rng: ChaCha8Rng::seed_from_u64(seed), spare_normal: None }
    }

    /// Uniform in `[0, 1)`.
    pub(super) fn uniform(&mut self) -> f64 {
        self.rng.random::<f64>()
    }

    /// Uniform in `[low, high)`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// A direction, radians.
    pub(super) fn angle_rad(&mut self) -> f64 {
        self.between(0.0, TAU)
    }

    /// Uniform in `low..high`; `low` where the range is empty.
    pub(super) fn integer(&mut self, low: i64, high: i64) -> i64 {
        if low < high { self.rng.random_range(low..high) } else { low }
    }

    /// True with probability `p`.
    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Normal with mean zero and variance one (Box and Muller 1958).
    pub(super) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let (sin, cos) = (TAU * self.uniform()).sin_cos();
        self.spare_normal = Some(radius * sin);
        radius * cos
    }

    /// Normal about `mean`, kept inside `[low, high]`.
    pub(super) fn near(&mut self, mean: f64, sigma: f64, low: f64, high: f64) -> f64 {
        (mean + sigma * self.normal()).clamp(low, high)
    }

    /// Exponential with this mean.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// A magnitude of a population whose counts grow as `10^(slope m)` between two limits.
    pub(super) fn magnitude(&mut self, bright: f64, faint: f64, slope: f64) -> f64 {
        let (low, high) = (10f64.powf(slope * bright), 10f64.powf(slope * faint));
        self.between(low, high).log10() / slope
    }

    /// Sixteen bytes.
    pub(super) fn bytes(&mut self) -> [u8; 16] {
        self.rng.random()
    }
}

/// The finaliser of `SplitMix64`: neighbouring seeds give unlike streams.
pub(super) fn split_mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
