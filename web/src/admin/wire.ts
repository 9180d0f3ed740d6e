// The types of the wire that administration speaks of, under their own names.

import type { views } from "@klatch/client";

export type AdminChannel = views.AdminChannel;
export type AdminChannels = views.AdminChannels;
export type AdminScope = views.AdminScope;
export type AdminSpace = views.AdminSpace;
export type AdminSpaces = views.AdminSpaces;
export type AdminSpaceUpdate = views.AdminSpaceUpdate;
export type AdminUser = views.AdminUser;
export type AdminUserCreated = views.AdminUserCreated;
export type AdminUsers = views.AdminUsers;
export type AdminUserUpdate = views.AdminUserUpdate;
export type AuditLine = views.AuditLine;
export type AuditLines = views.AuditLines;
export type Node = views.Node;
export type Nodes = views.Nodes;
export type Policy = views.Policy;
export type PolicyChange = views.PolicyChange;
export type Retention = views.Retention;
export type RosterChange = views.RosterChange;
export type RosterCounts = views.RosterCounts;
export type RosterImport = views.RosterImport;
export type RosterImports = views.RosterImports;
export type RosterReport = views.RosterReport;
export type RosterSettings = views.RosterSettings;
export type RosterStatus = views.RosterStatus;
