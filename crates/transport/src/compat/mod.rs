//! The addresses of earlier chats, so that their clients go on working. Each answers through the same rooms as
//! `/v1`.

mod page;
pub(crate) mod room;
mod s0;
mod s1;
mod s2;
mod s4;

use crate::http::{App, Internal};
use utoipa_axum::router::OpenApiRouter;

/// Those of the public listener, with their documentation.
pub(crate) fn routes() -> OpenApiRouter<App> {
    s0::routes()
        .merge(s1::routes())
        .merge(s2::routes())
        .merge(s4::routes())
}

/// Those of the internal listener, with their documentation.
pub(crate) fn internal_routes() -> OpenApiRouter<Internal> {
    s0::internal_routes()
}
