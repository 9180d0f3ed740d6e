// Where dialogs, menus and popups are put: the page's body, or the element that the chat is in on another's page.

import { createContext, use } from "react";

const Context = createContext<HTMLElement | undefined>(undefined);

export const PlaceProvider = Context.Provider;

/** The element; `undefined` for the body. */
export const usePlace = () => use(Context);

/** Within what popups stay. */
export const useBounds = () => usePlace() ?? "clipping-ancestors";
