//! What a packet says of a body of the solar system, and of a host galaxy.

/// A body of the solar system that an alert is a detection of (LSST `ssSource`, `mpc_orbits`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SolarSystem {
    /// Designation, unpacked: `2015 AB123`.
    pub designation: Option<String>,
    /// Distance from the predicted place, arcsec (`ephOffset`).
    pub offset_arcsec: Option<f64>,
    /// Predicted V magnitude (`ephVmag`).
    pub v_mag: Option<f64>,
    /// Semi-major axis, au.
    pub a_au: Option<f64>,
    /// Perihelion distance, au.
    pub q_au: Option<f64>,
    /// Eccentricity.
    pub e: Option<f64>,
    /// Inclination, degrees.
    pub i_deg: Option<f64>,
    /// Absolute magnitude.
    pub h: Option<f64>,
}

/// The galaxy that a survey takes for the host (ELAsTiCC `hostgal_…`).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Host {
    /// Right ascension, degrees.
    pub ra: Option<f64>,
    /// Declination, degrees.
    pub dec: Option<f64>,
    /// Separation, arcsec (`hostgal_snsep`).
    pub separation_arcsec: Option<f64>,
    /// Spectroscopic redshift.
    pub z_spec: Option<f64>,
    /// Photometric redshift.
    pub z_phot: Option<f64>,
}
