//! The addresses of earlier chats, so that their clients go on working. Each answers through the same rooms as
//! `/v1`.

mod s0;

use crate::http::App;
use utoipa_axum::router::OpenApiRouter;

/// All of them, with their documentation.
pub(crate) fn routes() -> OpenApiRouter<App> {
    s0::routes()
}
