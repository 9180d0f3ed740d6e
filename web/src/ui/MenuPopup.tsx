import { Menu } from "@base-ui/react/menu";
import { Fragment } from "react";
import { Icon } from "./Icon.tsx";
import type { OpenMenu } from "./Menu.tsx";
import { useBounds, usePlace } from "./Place.tsx";

export default function MenuPopup({ anchor, label, groups, back, onClose }: OpenMenu & { onClose(): void }) {
	return (
		<Menu.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
			<Menu.Portal container={usePlace()}>
				<Menu.Positioner
					anchor={anchor}
					side="bottom"
					align="end"
					sideOffset={4}
					collisionBoundary={useBounds()}
					className="z-40 outline-none"
				>
					<Menu.Popup
						aria-label={label}
						finalFocus={() => back ?? true}
						className="max-h-(--available-height) min-w-48 animate-appear overflow-y-auto rounded-lg bg-raised p-1.5 shadow-high outline-none"
					>
						{groups.map((items, index) => (
							<Fragment key={items[0]?.label}>
								{index > 0 && <Menu.Separator className="mx-2 my-1.5 h-px bg-line" />}
								{items.map((item) => (
									<Menu.Item
										key={item.label}
										onClick={item.onSelect}
										className={`flex min-h-9 cursor-default items-center gap-3 rounded-sm px-2.5 py-1.5 text-sm outline-none select-none data-highlighted:bg-hover ${item.danger ? "text-danger" : "text-ink"}`}
									>
										{item.icon && <Icon name={item.icon} size={17} className={item.danger ? "" : "text-faint"} />}
										<span className="grow">{item.label}</span>
										{item.checked && <Icon name="check" size={16} />}
									</Menu.Item>
								))}
							</Fragment>
						))}
					</Menu.Popup>
				</Menu.Positioner>
			</Menu.Portal>
		</Menu.Root>
	);
}
