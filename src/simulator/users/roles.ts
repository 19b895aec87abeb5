/**
 * SwarmUI's permissions, and which role has them by default (`swarmui-protocol.md §0`; the lists
 * were recorded).
 */

/** Roles, from weak to strong; each has all permissions of the one before. */
export const ROLES = ["guest", "user", "poweruser", "admin", "owner"] as const;

/** A role. */
export type Role = (typeof ROLES)[number];

const ADDED_RIGHTS: Readonly<Record<Role, readonly string[]>> = {
  guest: [
    "fundamental",
    "fundamental_generate_tab_access",
    "fundamental_model_access",
    "read_user_settings",
    "use_tokenizer",
  ],
  user: [
    "basic_image_generation",
    "basic_text_generation",
    "edit_params",
    "edit_user_settings",
    "manage_presets",
    "model_params",
    "param_controlnet",
    "param_video",
    "simple_tab",
    "user_delete_image",
    "user_star_images",
    "user_tab",
    "utilities_tab",
    "view_image_history",
  ],
  poweruser: [
    "comfy_backend_generate",
    "comfy_direct_calls",
    "comfy_dynamic_custom_workflows",
    "comfy_edit_workflows",
    "comfy_read_workflows",
    "comfy_stored_custom_workflows",
    "control_mem_clean",
    "control_model_refresh",
    "create_tensorrt",
    "delete_models",
    "download_models",
    "edit_model_metadata",
    "edit_wildcards",
    "extra_loras",
    "install_features",
    "load_models_now",
    "param_backend_id",
    "param_backend_type",
    "pickle2safetensors",
    "reset_metadata",
    "restart_backends",
    "view_backends_list",
    "view_server_tab",
  ],
  admin: [
    "add_remove_backends",
    "admin_debug",
    "edit_backends",
    "edit_server_settings",
    "imagebatcher_use_image_batcher",
    "interrupt_others",
    "manage_extensions",
    "read_server_info_panels",
    "read_server_settings",
    "restart",
    "toggle_backends",
    "view_logs",
    "view_others_outputs",
  ],
  owner: [
    "*",
    "automated_control",
    "configure_roles",
    "install",
    "local_image_folder",
    "manage_users",
    "server_debug_message",
    "shutdown",
  ],
};

/** The permissions of a role; `*` among them means all. */
export function rightsOfRole(role: Role): readonly string[] {
  return ROLES.slice(0, ROLES.indexOf(role) + 1).reverse().flatMap((each) => ADDED_RIGHTS[each]);
}
