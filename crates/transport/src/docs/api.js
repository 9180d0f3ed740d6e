// The page to try REST out. A token that is entered is gone with the page: nothing is kept in the browser.

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

SwaggerUIBundle({
	url: "/openapi.json",
	dom_id: "#swagger-ui",
	deepLinking: true,
	docExpansion: "list",
	filter: true,
	defaultModelsExpandDepth: 0,
	displayRequestDuration: true,
	persistAuthorization: false,
	queryConfigEnabled: false,
	tryItOutEnabled: true,
	validatorUrl: null,
	withCredentials: false,
	syntaxHighlight: { activated: false },
});
