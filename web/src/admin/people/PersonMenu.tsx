// What an administrator may do with an account. The server checks the same.

import { useKlatch } from "@klatch/client/react";
import { lazy } from "react";
import { useAttempt } from "../../app/useAttempt.ts";
import { IconButton } from "../../ui/Button.tsx";
import { useDialogs } from "../../ui/Dialogs.tsx";
import { type MenuItem, useMenu } from "../../ui/Menu.tsx";
import type { Me } from "../../wire.ts";
import type { AdminScope, AdminUser, AdminUserUpdate } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";

const Confirm = lazy(() => import("../../ui/Confirm.tsx"));
const Rename = lazy(() => import("./Rename.tsx"));

interface PersonMenuProps {
	user: AdminUser;
	me: Me;
	onChange(user: AdminUser): void;
	/** Something changed that the server did not answer with the account. */
	onRead(): Promise<void>;
}

export function PersonMenu({ user, me, onChange, onRead }: PersonMenuProps) {
	const { t, common } = useAdminWords();
	const klatch = useKlatch();
	const menu = useMenu();
	const dialogs = useDialogs();
	const [, attempt] = useAttempt();
	const oneself = user.id === me.user.id;
	// Those who administer the server are for others who do.
	const beyond = user.admin === "server" && me.admin !== "server";
	if (user.kind !== "person" || beyond) return null;

	const update = async (change: AdminUserUpdate) =>
		onChange(await klatch.rest<AdminUser>("PATCH", `/v1/admin/users/${user.id}`, change));
	const signOut = async () => {
		await klatch.rest("DELETE", `/v1/admin/users/${user.id}/devices`);
		await onRead();
	};
	const ask = (title: string, hint: string, action: string, onConfirm: () => Promise<void>) => () =>
		dialogs((close) => <Confirm title={title} hint={hint} action={action} onConfirm={onConfirm} onClose={close} />);
	const name = user.name;

	const account: MenuItem[] = [
		{
			label: t("people.rename"),
			icon: "edit",
			onSelect: () => dialogs((close) => <Rename user={user} onSave={(name) => update({ name })} onClose={close} />),
		},
		{
			label: t("people.sign_out"),
			icon: "door",
			onSelect: ask(t("people.sign_out_title", { name }), t("people.sign_out_hint"), t("people.sign_out"), signOut),
		},
	];
	if (!oneself) {
		account.push(
			user.disabled_at === undefined
				? {
						label: t("people.disable"),
						icon: "lock",
						danger: true,
						onSelect: ask(t("people.disable_title", { name }), t("people.disable_hint"), t("people.disable"), () =>
							update({ disabled: true }),
						),
					}
				: { label: t("people.enable"), icon: "check", onSelect: () => void attempt(() => update({ disabled: false })) },
		);
	}
	const rights: MenuItem[] = ([undefined, "space", "server"] as const).map((scope: AdminScope | undefined) => ({
		label: t(`people.make_${scope ?? "none"}`),
		checked: user.admin === scope,
		onSelect:
			scope === "server"
				? ask(t("people.admin_title", { name }), t("people.admin_hint"), t("people.make_server"), () =>
						update({ admin: "server" }),
					)
				: () => void attempt(() => update({ admin: scope ?? "none" })),
	}));
	const groups = me.admin === "server" && !oneself ? [account, rights] : [account];
	return (
		<IconButton
			icon="more"
			size="sm"
			label={`${common("action.more")}: ${user.name}`}
			aria-haspopup="menu"
			onClick={({ currentTarget }) => menu({ anchor: currentTarget, back: currentTarget, label: user.name, groups })}
		/>
	);
}
