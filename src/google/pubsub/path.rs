//! Full names of Pub/Sub's resources: `projects/P/topics/T` and the like. The parts were checked before.

use std::fmt;

use crate::google::names::encoded;

macro_rules! resource_path {
    ($type:ident, $collection:literal, $word:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $type {
            /// Id of the project.
            pub project: String,
            /// Name within the project.
            pub name: String,
        }

        impl $type {
            /// Parts that `check_project` and `check_resource_name` have accepted.
            pub fn new(project: impl Into<String>, name: impl Into<String>) -> Self {
                Self { project: project.into(), name: name.into() }
            }

            /// For sentences.
            pub fn what(&self) -> String {
                format!(concat!("the ", $word, " {} of project {}"), self.name, self.project)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("projects/{}/", $collection, "/{}"), self.project, self.name)
            }
        }
    };
}

impl TopicPath {
    pub(super) fn encoded(&self) -> String {
        format!("projects/{}/topics/{}", encoded(&self.project), encoded(&self.name))
    }
}

impl SubscriptionPath {
    pub(super) fn encoded(&self) -> String {
        format!("projects/{}/subscriptions/{}", encoded(&self.project), encoded(&self.name))
    }
}

resource_path!(TopicPath, "topics", "topic", "A topic.");
resource_path!(SubscriptionPath, "subscriptions", "subscription", "A subscription.");
resource_path!(SchemaPath, "schemas", "schema", "A schema of the schema service.");

impl SchemaPath {
    /// A schema is created below its project, unlike the others.
    pub(super) fn creation(&self) -> String {
        format!("projects/{}/schemas?schemaId={}", encoded(&self.project), encoded(&self.name))
    }
}
