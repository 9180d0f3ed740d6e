// The door: signing in, and making an account.

import { Account } from "@klatch/client";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { codeOf, sentenceOf } from "../app/problem.ts";
import { useWords } from "../i18n/Words.tsx";
import { Button, IconButton } from "../ui/Button.tsx";
import { TextField } from "../ui/TextField.tsx";
import { browserName } from "./browser.ts";
import { ProblemNote } from "./ProblemNote.tsx";
import { type Ended, useSession } from "./session.tsx";
import { TokenForm } from "./TokenForm.tsx";

const PASSWORD_CHARACTERS_MIN = 12;

type Way = "log_in" | "sign_up" | "token";

export default function SignIn({ why, above }: { why?: Ended | undefined; above?: ReactNode }) {
	const { t } = useWords();
	const [way, setWay] = useState<Way>("log_in");
	const others: Record<Way, readonly [Way, string][]> = {
		log_in: [
			["sign_up", t("account.to_sign_up")],
			["token", t("account.with_token")],
		],
		sign_up: [["log_in", t("account.to_log_in")]],
		token: [["log_in", t("account.to_log_in")]],
	};
	return (
		<main className="grid h-full overflow-y-auto bg-sunken p-4">
			<div className="m-auto w-full max-w-96 py-6">
				<header className="mb-6 flex flex-col items-center gap-3 text-center">
					<img src="/assets/icon.svg" alt="" className="size-14" />
					<div>
						<h1 className="text-2xl font-bold tracking-tight">Klatch</h1>
						<p className="text-sm text-soft">{t("account.tagline")}</p>
					</div>
				</header>
				{above}
				{way === "token" ? <TokenForm /> : <PasswordForm why={why} isNew={way === "sign_up"} />}
				<div className="mt-4 flex flex-col items-center gap-1">
					{others[way].map(([other, label]) => (
						<Button key={other} look="quiet" onClick={() => setWay(other)}>
							{label}
						</Button>
					))}
				</div>
			</div>
		</main>
	);
}

function PasswordForm({ why, isNew }: { why: Ended | undefined; isNew: boolean }) {
	const { t } = useWords();
	const { enter } = useSession();
	const [busy, setBusy] = useState(false);
	const [seen, setSeen] = useState(false);
	const [problem, setProblem] = useState({ isNew: false, text: why && whyText(why, t) });
	// Asked for only where the server says that it has to know.
	const [asksSpace, setAsksSpace] = useState(() => new URLSearchParams(location.search).has("space"));
	const heading = useId();

	const submit = async (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const form = new FormData(event.currentTarget);
		const text = (name: string) => String(form.get(name) ?? "").trim();
		const space = text("space");
		const body = {
			username: text("username"),
			password: String(form.get("password") ?? ""),
			device: t("account.device", { browser: browserName(navigator.userAgent) }),
			...(space ? { space } : {}),
		};
		setBusy(true);
		const tell = (text?: string) => setProblem({ isNew, text });
		tell();
		try {
			const name = text("name");
			const account = isNew
				? await Account.signUp(location.origin, { ...body, ...(name ? { name } : {}) })
				: await Account.signIn(location.origin, body);
			await enter(account);
		} catch (error) {
			const code = codeOf(error);
			if (code === "not_found" || code === "invalid") setAsksSpace(true);
			tell(code === undefined ? t("account.unreachable") : sentenceOf(error, t));
			setBusy(false);
		}
	};

	return (
		<form
			onSubmit={submit}
			aria-labelledby={heading}
			className="flex flex-col gap-4 rounded-xl bg-canvas p-6 shadow-low"
		>
			<h2 id={heading} className="text-lg font-semibold">
				{isNew ? t("account.create") : t("account.welcome")}
			</h2>
			{isNew && (
				<TextField
					name="name"
					label={t("account.name")}
					hint={t("account.name_hint")}
					autoComplete="name"
					maxLength={64}
				/>
			)}
			<TextField
				name="username"
				label={t("account.username")}
				autoComplete="username"
				autoCapitalize="none"
				spellCheck={false}
				required
				autoFocus
			/>
			<TextField
				name="password"
				label={t("account.password")}
				type={seen ? "text" : "password"}
				autoComplete={isNew ? "new-password" : "current-password"}
				minLength={isNew ? PASSWORD_CHARACTERS_MIN : undefined}
				hint={isNew ? t("account.password_hint") : undefined}
				required
				end={
					<IconButton
						icon="eye"
						size="sm"
						pressed={seen}
						label={seen ? t("account.hide_password") : t("account.show_password")}
						onClick={() => setSeen(!seen)}
					/>
				}
			/>
			{asksSpace && (
				<TextField
					name="space"
					label={t("account.space")}
					hint={t("account.space_hint")}
					defaultValue={new URLSearchParams(location.search).get("space") ?? ""}
					autoCapitalize="none"
					spellCheck={false}
				/>
			)}
			<ProblemNote problem={problem.isNew === isNew ? problem.text : undefined} />
			<Button type="submit" look="accent" busy={busy} className="min-h-11">
				{isNew ? t("account.sign_up") : t("account.log_in")}
			</Button>
		</form>
	);
}

function whyText(why: Ended, t: ReturnType<typeof useWords>["t"]): string | undefined {
	if (why === "replaced") return t("connection.replaced");
	if (why === "refused") return t("connection.refused");
	if (why === "brought_over") return t("account.brought_over");
	if (why === "unreachable") return t("account.unreachable");
	return why === "signed_out" ? t("account.revoked") : undefined;
}
