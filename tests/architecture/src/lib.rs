//! Holds what docs/architecture.md says of the workspace: only tests stand here.
