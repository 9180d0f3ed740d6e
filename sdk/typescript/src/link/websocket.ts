// The browser's own WebSocket.

export const WebSocket = globalThis.WebSocket;
