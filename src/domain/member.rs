//! A person who uses the service, and what they may do.

/// A person who uses the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Id in the database.
    pub id: i64,
    /// The name that pages show.
    pub name: String,
    /// Their verified address; the user of local mode has none.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    Viewer,
    /// Run queries and save targets.
    Member,
    /// Also decide who comes in.
    Admin,
}

impl Role {
    /// Every role, from the least to the most.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Member, Self::Admin];

    /// The word in forms and in the database.
    pub fn id(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }

    /// What somebody with it may do, after the role's name.
    pub fn note(self) -> &'static str {
        match self {
            Self::Viewer => "sees what is shared, and changes nothing.",
            Self::Member => "runs queries, saves targets, shares them.",
            Self::Admin => {
                "also manages members and roles, and sees and changes everything that is shared. Private things stay private; only the history names them."
            }
        }
    }

    /// The role with this word, if there is one.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }
}

/// Whom the OpenID provider has vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// The provider's key of the account. An address may pass to somebody else; this never does.
    pub subject: String,
    /// The account's address, in lower case; empty when the provider did not say.
    pub email: String,
    /// Whether the provider has checked that the address is theirs.
    pub is_email_verified: bool,
    /// The name to show.
    pub name: String,
    /// The organisation that manages the account (Google's claim `hd`), in lower case.
    pub hosted_domain: Option<String>,
}

/// Somebody who may come in: an address, or whoever has a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Id in the database.
    pub id: i64,
    /// The address, in lower case; `None` where whoever has the link may come in.
    pub email: Option<String>,
    /// What they will be.
    pub role: Role,
    /// Name of the admin who invited them.
    pub invited_by: String,
    /// When.
    pub created: chrono::DateTime<chrono::Utc>,
    /// When it ends, if it does.
    pub expires: Option<chrono::DateTime<chrono::Utc>>,
}

/// A member as the page of the team shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamMember {
    /// Who.
    pub member: Member,
    /// When they signed in last.
    pub last_sign_in: Option<chrono::DateTime<chrono::Utc>>,
    /// Names of the groups that they are in.
    pub groups: Vec<String>,
}
