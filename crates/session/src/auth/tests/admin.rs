use super::{House, code};
use crate::auth::AuthConfig;
use crate::{Principal, SessionError};
use klatch_protocol::ErrorCode;
use klatch_types::{AdminScope, AuditAct, Policy, Profile, UserId, UserKind};
use std::time::Duration;

/// What someone administers, as a node that is asked with their token says.
async fn scope(auth: &crate::auth::Auth, token: &str) -> Option<AdminScope> {
    auth.authenticate(token).await.unwrap().admin
}

#[tokio::test]
async fn a_change_holds_here_at_once_and_elsewhere_within_seconds() {
    let house = House::new().await;
    let other = house.another_node(2).await;
    let ana = house.sign_up("ana").await;
    let (id, token) = (ana.user.id, ana.access_token.as_str());
    for wanted in [Some(AdminScope::Space), Some(AdminScope::Server), None] {
        let before = scope(&other, token).await;
        house.auth.set_admin(id, wanted).await.unwrap();
        assert_eq!(scope(&house.auth, token).await, wanted);
        assert_eq!(scope(&other, token).await, before, "believed for a while");
        house.clock.advance(AuthConfig::default().believed_for);
        assert_eq!(scope(&other, token).await, wanted);
    }
}

#[tokio::test]
async fn only_people_who_come_themselves_administer() {
    let house = House::new().await;
    let ana = house.sign_up("ana").await.user.id;
    house.auth.set_admin(ana, Some(AdminScope::Server)).await.unwrap();
    let behalf = house.auth.token_for(ana, Duration::from_secs(60)).await.unwrap();
    assert_eq!(scope(&house.auth, &behalf.access_token).await, None);
    let system = house.auth.system_principal(house.space).await.unwrap();
    assert_eq!(system.admin, None);
    let refused = house.auth.set_admin(system.user, Some(AdminScope::Space)).await;
    assert_eq!(code(refused), ErrorCode::Invalid);
    let nobody = house
        .auth
        .set_admin(UserId(uuid::Uuid::nil()), Some(AdminScope::Space))
        .await;
    assert_eq!(code(nobody), ErrorCode::NotFound);
    // Whatever a row says: a guest has no rights.
    let guest = Principal {
        kind: UserKind::Guest,
        admin: Some(AdminScope::Server),
        ..system
    };
    assert_eq!(code(house.auth.admin_spaces(&guest).await), ErrorCode::Forbidden);
}

#[tokio::test]
async fn what_the_command_line_does_is_noted_by_nobody() -> Result<(), SessionError> {
    let house = House::new().await;
    let auth = &house.auth;
    let space = house.space_called("campus", Policy::of(Profile::Campus)).await.id;
    let user = auth
        .create_user(space, "ana".parse().unwrap(), None, None)
        .await?;
    auth.set_admin(user.id, Some(AdminScope::Space)).await?;
    auth.set_admin(user.id, Some(AdminScope::Space)).await?;
    auth.disable_user(user.id).await?;
    auth.enable_user(user.id).await?;
    let (key, secret) = auth.create_api_key(space, "The key".parse().unwrap()).await?;
    auth.revoke_api_key(space, key.id).await?;
    let lines = house.directory.audit_of(space, None, 20).await?;
    let mut acts: Vec<AuditAct> = lines.iter().map(|line| line.act).collect();
    acts.sort_unstable();
    // The second word of the same changes nothing, and is not noted.
    assert_eq!(
        acts,
        [
            AuditAct::UserCreated,
            AuditAct::UserDisabled,
            AuditAct::UserEnabled,
            AuditAct::UserAdminChanged,
            AuditAct::SpaceCreated,
            AuditAct::KeyCreated,
            AuditAct::KeyRevoked,
        ]
    );
    assert!(
        lines
            .iter()
            .all(|line| line.actor.is_none() && !line.detail.contains(&secret))
    );
    // A back end that makes accounts all day is not.
    let system = auth.system_principal(space).await?;
    auth.provision(&system, "rui".parse().unwrap(), None, None)
        .await?;
    assert_eq!(
        house.directory.audit_of(space, None, 20).await?.len(),
        lines.len()
    );
    Ok(())
}
