//! Sign-up, login, tokens, devices, external issuers and API keys.
