import "./look/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { takeToken } from "./account/brought.ts";
import { App } from "./app/App.tsx";
import { followTheme } from "./look/theme.ts";

takeToken();
followTheme();
const place = document.getElementById("app");
if (!place) throw new Error("index.html has no #app");
createRoot(place).render(
	<StrictMode>
		<App />
	</StrictMode>,
);
