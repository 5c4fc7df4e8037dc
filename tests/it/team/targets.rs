//! Names of targets in their realms: what is private keeps its name to itself, and what is shared finds its place or is told why not.

use serde_json::{Value, json};

use super::people::{Person, enter};
use crate::sign_in::Deployment;

/// A member who keeps to themselves what they make.
async fn private_person(deployment: &Deployment, name: &str) -> Person {
    let person = enter(deployment, name, "member").await;
    person.share_by_default(&[]).await;
    person
}

fn target(name: &str) -> Value {
    json!({"name": name, "ra": 10, "dec": 10})
}

fn all_targets(deployment: &Deployment) -> impl Future<Output = String> {
    crate::sign_in::stolen::dump(deployment)
}

#[tokio::test]
async fn a_private_name_is_no_obstacle_to_others_and_tells_them_nothing() {
    let deployment = Deployment::start().await;
    let ada = private_person(&deployment, "ada").await;
    let bob = enter(&deployment, "bob", "member").await;
    let carl = private_person(&deployment, "carl").await;
    let own = ada.make_target("ZTF1").await;
    let theirs = bob.json("POST", "/api/targets/", &target("ztf-1")).await.expect(201).json();
    // Of two with one name one could not tell which is which: Carl sees the team's.
    carl.json("POST", "/api/targets/", &target("ZTF 1")).await.expect(422).shows("already exists");
    bob.json("POST", "/api/targets/", &target("ZTF1")).await.expect(422);
    assert_eq!(ada.get("/api/targets/").await.json()["count"], 2);
    assert_eq!(bob.get("/api/targets/").await.json()["count"], 1);
    bob.get(&format!("/api/targets/{own}/")).await.expect(404);
    // Ada goes on with hers, as long as she leaves its name.
    let path = format!("/api/targets/{own}/");
    let edit = json!({"name": "ZTF1", "ra": 11, "dec": 11, "note": "mine"});
    assert_eq!(ada.json("PUT", &path, &edit).await.expect(200).json()["note"], "mine");
    let aliased = json!({"name": "ZTF1", "ra": 11, "dec": 11, "aliases": ["my own"]});
    ada.json("PUT", &path, &aliased).await.expect(200);
    ada.json("PUT", &path, &aliased).await.expect(200);
    let renamed = json!({"name": "my own", "ra": 11, "dec": 11});
    ada.json("PUT", &path, &renamed).await.expect(200);
    // To take the name that another has meanwhile is another matter.
    ada.json("PUT", &path, &target("ZTF1")).await.expect(422).shows("already exists");
    bob.json("DELETE", &format!("/api/targets/{}/", theirs["id"]), &json!({})).await.expect(204);
    ada.json("PUT", &path, &target("ZTF1")).await.expect(200);
}

#[tokio::test]
async fn sharing_where_the_name_is_known_is_refused_in_a_sentence_and_changes_nothing() {
    let deployment = Deployment::start().await;
    let ada = private_person(&deployment, "ada").await;
    let bob = enter(&deployment, "bob", "member").await;
    let group = ada.make_group("novae").await;
    let own = ada.make_target("ZTF1").await;
    bob.make_target("ztf-1").await;
    let before = all_targets(&deployment).await;
    let path = format!("/api/targets/{own}/sharing/");
    let refused = ada.json("PUT", &path, &json!({"readers": ["team"]})).await.expect(422).json();
    let sentence = "Some of those who would see it already see a target with this name.";
    assert_eq!(refused["errors"]["readers"][0], sentence);
    let page = ada.post(&format!("/targets/{own}/share/"), &[("readers", "0")]).await.expect(422);
    page.shows("already see a target with the name ZTF1").hides("Sharing saved");
    assert_eq!(all_targets(&deployment).await, before, "nothing was changed");
    // Elsewhere there is room.
    ada.json("PUT", &path, &json!({"readers": [group]})).await.expect(200);
    ada.json("PUT", &format!("/api/targets/{own}/"), &target("ZTF1b")).await.expect(200);
    ada.json("PUT", &path, &json!({"readers": ["team"]})).await.expect(200);
    bob.get(&format!("/api/targets/{own}/")).await.expect(200);
}

#[tokio::test]
async fn aliases_move_with_their_target_and_clash_like_names() {
    let deployment = Deployment::start().await;
    let ada = private_person(&deployment, "ada").await;
    let bob = enter(&deployment, "bob", "member").await;
    let aliased = json!({"name": "ZTF1", "ra": 1, "dec": 1, "aliases": ["SN 2026a", "SN 2026b"]});
    let own = ada.json("POST", "/api/targets/", &aliased).await.expect(201).json()["id"]
        .as_i64()
        .unwrap();
    let other = bob.make_target("sn2026b").await;
    let path = format!("/api/targets/{own}/sharing/");
    ada.json("PUT", &path, &json!({"readers": ["team"]})).await.expect(422);
    bob.json("DELETE", &format!("/api/targets/{other}/"), &json!({})).await.expect(204);
    ada.json("PUT", &path, &json!({"readers": ["team"]})).await.expect(200);
    let realms = "select count(*) from target_name where realm = 'team'";
    assert_eq!(deployment.count(realms).await, 3);
    bob.json("POST", "/api/targets/", &target("SN2026A")).await.expect(422);
    ada.json("PUT", &path, &json!({"readers": []})).await.expect(200);
    assert_eq!(deployment.count(realms).await, 0);
    bob.make_target("SN2026A").await;
}

#[tokio::test]
async fn a_group_whose_end_would_leave_one_owner_two_of_a_name_stays_until_one_is_renamed() {
    let deployment = Deployment::start().await;
    let ada = private_person(&deployment, "ada").await;
    let boss = enter(&deployment, "boss", "admin").await;
    let group = ada.make_group("novae").await;
    let own = ada.make_target("ZTF1").await;
    ada.json("PUT", &format!("/api/targets/{own}/sharing/"), &json!({"readers": [group]}))
        .await
        .expect(200);
    // One that Ada has by herself, of the same name: made behind the service's back.
    deployment
        .execute(&format!(
            "with made as (insert into target (created_by, readers, writers) values ({}, '{{}}', '{{}}') returning id, realm)
             insert into target_name (target_id, realm, name, name_key, is_primary)
             select id, realm, 'ZTF1', 'ztf1', true from made",
            ada.id
        ))
        .await;
    let before = all_targets(&deployment).await;
    let delete = format!("/team/groups/{group}/delete/");
    for person in [&ada, &boss] {
        person.post(&delete, &[]).await.expect(409).shows("It cannot be deleted yet");
    }
    assert_eq!(all_targets(&deployment).await, before);
    ada.json("PUT", &format!("/api/targets/{own}/"), &target("ZTF2")).await.expect(200);
    ada.post(&delete, &[]).await.expect(303);
    let now = ada.get(&format!("/api/targets/{own}/sharing/")).await.expect(200).json();
    assert_eq!(now["readers"], json!([]));
}

#[tokio::test]
async fn what_is_shared_with_a_group_is_the_owners_alone_when_the_group_goes() {
    let deployment = Deployment::start().await;
    let ada = enter(&deployment, "ada", "member").await;
    let bob = enter(&deployment, "bob", "member").await;
    let (group, kept) = (ada.make_group("one").await, ada.make_group("two").await);
    for group in [group, kept] {
        ada.put_into(group, bob.id).await;
    }
    let (target, query) = (ada.make_target("nova").await, ada.make_query("q").await);
    let (both, one) =
        (json!({"readers": [group, kept], "writers": [group]}), json!({"readers": [group]}));
    ada.json("PUT", &format!("/api/targets/{target}/sharing/"), &both).await.expect(200);
    ada.json("PUT", &format!("/api/queries/{query}/sharing/"), &one).await.expect(200);
    bob.get(&format!("/api/queries/{query}/")).await.expect(200);
    ada.post(&format!("/team/groups/{group}/delete/"), &[]).await.expect(303);
    bob.get(&format!("/api/queries/{query}/")).await.expect(404);
    ada.get(&format!("/api/queries/{query}/")).await.expect(200);
    let now = bob.get(&format!("/api/targets/{target}/sharing/")).await.expect(200).json();
    assert_eq!(now, json!({"readers": [kept], "writers": [], "sharers": []}));
    // A group that is gone, or not theirs, is nobody to share with.
    let path = format!("/api/queries/{query}/sharing/");
    ada.json("PUT", &path, &one).await.expect(403);
    let others = bob.make_group("bobs").await;
    ada.json("PUT", &path, &json!({"readers": [others]})).await.expect(403);
    ada.json("PUT", &path, &json!({"readers": ["everybody"]})).await.expect(422);
    ada.post("/accounts/sharing/", &[("readers", &others.to_string())]).await.expect(403);
}
