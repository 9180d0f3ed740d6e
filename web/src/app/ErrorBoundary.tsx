// What is shown where a part of the page broke; the rest goes on.

import { Component, type ReactNode } from "react";
import { useWords } from "../i18n/Words.tsx";
import { Button } from "../ui/Button.tsx";
import { EmptyState } from "../ui/EmptyState.tsx";

export class ErrorBoundary extends Component<{ children: ReactNode }, { broken: boolean }> {
	override state = { broken: false };

	static getDerivedStateFromError() {
		return { broken: true };
	}

	override render() {
		return this.state.broken ? <Broken /> : this.props.children;
	}
}

function Broken() {
	const { t } = useWords();
	return (
		<div role="alert" className="h-full">
			<EmptyState icon="alert" title={t("app.broken")} hint={t("app.broken_hint")}>
				<Button look="accent" onClick={() => location.reload()}>
					{t("app.reload")}
				</Button>
			</EmptyState>
		</div>
	);
}
