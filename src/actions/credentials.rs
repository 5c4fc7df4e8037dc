//! As whom a run acts towards Google: the deployment's service account if it has one, else its member's own grant.

use std::sync::Arc;

use super::grants::Grants;
use crate::{
    domain::{grant::GoogleRight, member::Member, visitor::Visitor},
    google::Access,
    storage::{Storage, StorageError},
};

/// Whose credentials there are.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The deployment's own: its project, and its service account's tokens.
    deployment: Access,
    /// The members', where people sign in.
    grants: Option<Arc<Grants>>,
}

impl From<Access> for Credentials {
    fn from(deployment: Access) -> Self {
        Self { deployment, grants: None }
    }
}

impl Credentials {
    /// Those of a deployment whose members can grant theirs.
    pub fn with_grants(deployment: Access, grants: Arc<Grants>) -> Self {
        Self { deployment, grants: Some(grants) }
    }

    /// Whom the deployment acts as by itself, in words, if it has a service account.
    pub fn service_account(&self) -> Option<String> {
        self.deployment.tokens.as_ref().map(|tokens| tokens.acts_as())
    }

    /// As whom a member's run acts that needs a right: the service account, else the member; `None` where neither can.
    pub fn acting_words(&self, member: &Member) -> Option<String> {
        let own = || {
            self.grants
                .as_ref()
                .map(|_| member.email.clone().unwrap_or_else(|| member.name.clone()))
        };
        self.service_account().or_else(own)
    }

    /// The project of the deployment.
    pub fn default_project(&self) -> Option<&str> {
        self.deployment.project.as_deref()
    }

    /// What a member's run may use. Their own project goes before the deployment's.
    pub async fn of_member(
        &self,
        storage: &Storage,
        member: &Member,
        scope: Option<GoogleRight>,
    ) -> Result<Access, StorageError> {
        let own_project = storage.google_project(member.id).await?;
        let project = own_project.or_else(|| self.deployment.project.clone());
        let own_grant = || {
            let account = member.email.clone().unwrap_or_else(|| member.name.clone());
            Some(self.grants.as_ref()?.source(member.id, account, scope?))
        };
        Ok(Access { project, tokens: self.deployment.tokens.clone().or_else(own_grant) })
    }

    /// The right that a visitor has to grant before this can run; `None` when nothing is missing, or nobody could.
    pub fn lacking(&self, visitor: &Visitor, scope: Option<GoogleRight>) -> Option<GoogleRight> {
        let scope = scope?;
        if self.deployment.tokens.is_some() || self.grants.is_none() {
            return None;
        }
        let is_granted = visitor
            .grant
            .as_ref()
            .is_some_and(|grant| !grant.needs_sign_in && grant.scopes.contains(&scope));
        (!is_granted).then_some(scope)
    }
}
