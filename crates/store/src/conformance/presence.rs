//! Who shows nobody whether they are online.

use super::World;

/// Who hides is found among any number of users until they show themselves again, and apart from what they read.
pub async fn presence_is_hidden_until_it_is_shown(world: &World) {
    let (ana, shy) = world.pair().await;
    let hidden = async || world.directory.presence_hidden(&[ana, shy]).await.unwrap();
    assert_eq!(hidden().await, []);
    for _ in 0..2 {
        world.directory.presence_hide(shy, true).await.unwrap();
        assert_eq!(hidden().await, [shy]);
    }
    assert_eq!(world.directory.receipts_hidden(&[ana, shy]).await.unwrap(), []);
    for _ in 0..2 {
        world.directory.presence_hide(shy, false).await.unwrap();
        assert_eq!(hidden().await, []);
    }
    assert_eq!(world.directory.presence_hidden(&[]).await.unwrap(), []);
}
