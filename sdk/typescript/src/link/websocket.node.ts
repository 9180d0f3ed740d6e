// A WebSocket for Node, which has none of its own before version 22.

import { WebSocket as Socket } from "ws";

export const WebSocket = (globalThis.WebSocket ?? Socket) as typeof globalThis.WebSocket;
