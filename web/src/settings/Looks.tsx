import { useState } from "react";
import { chosenLanguage, LANGUAGES, type Language } from "../i18n/language.ts";
import { useWords } from "../i18n/Words.tsx";
import { setTheme, type Theme, theme } from "../look/theme.ts";
import { Choice } from "../ui/Choice.tsx";

export function Looks() {
	const { t, choose } = useWords();
	const [chosen, setChosen] = useState(theme);
	const [language, setLanguage] = useState<Language | "browser">(() => chosenLanguage() ?? "browser");
	return (
		<>
			<Choice<Theme>
				label={t("settings.theme")}
				value={chosen}
				options={[
					{ value: "system", label: t("settings.theme_system"), icon: "screen" },
					{ value: "light", label: t("settings.theme_light"), icon: "sun" },
					{ value: "dark", label: t("settings.theme_dark"), icon: "moon" },
				]}
				onChange={(value) => {
					setChosen(value);
					setTheme(value);
				}}
			/>
			<Choice<Language | "browser">
				label={t("settings.language")}
				value={language}
				options={[
					{ value: "browser", label: t("settings.language_browser") },
					...(Object.keys(LANGUAGES) as Language[]).map((value) => ({ value, label: LANGUAGES[value] })),
				]}
				onChange={(value) => {
					setLanguage(value);
					choose(value === "browser" ? undefined : value);
				}}
			/>
		</>
	);
}
