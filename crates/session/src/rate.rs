//! Rate limits of users, addresses and accounts (contract, overload).
