import "./look/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App.tsx";
import { followTheme } from "./look/theme.ts";

followTheme();
const place = document.getElementById("app");
if (!place) throw new Error("index.html has no #app");
createRoot(place).render(
	<StrictMode>
		<App />
	</StrictMode>,
);
