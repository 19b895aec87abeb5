/** The API routes this tool calls, and the SwarmUI permission of each (`swarmui-protocol.md §0`). */

interface Route {
  /** SwarmUI's permission id; `null`: no permission is needed. */
  readonly permission: string | null;
  /** Whether supported servers may be too old for the route. */
  readonly mayBeMissing: boolean;
}

/** The name of a route: what follows `/API/`. */
export type RouteName =
  | "GetNewSession"
  | "GetCurrentStatus"
  | "GetGlobalStatus"
  | "ListConnectedUsers"
  | "ListBackends"
  | "ListModels"
  | "ListLoadedModels"
  | "DescribeModel"
  | "SelectModel"
  | "ListT2IParams"
  | "GetServerResourceInfo"
  | "GetUserSettings"
  | "GetMyUserData"
  | "ListImages"
  | "GenerateText2Image"
  | "GenerateText2ImageWS"
  | "InterruptAll"
  | "Login"
  | "RevokeMyAuthToken";

/** What is known of each route. */
export const routes: Readonly<Record<RouteName, Route>> = {
  GetNewSession: { permission: null, mayBeMissing: false },
  GetCurrentStatus: { permission: "fundamental_generate_tab_access", mayBeMissing: false },
  GetGlobalStatus: { permission: "read_server_info_panels", mayBeMissing: true },
  ListConnectedUsers: { permission: "read_server_info_panels", mayBeMissing: true },
  ListBackends: { permission: "view_backends_list", mayBeMissing: false },
  ListModels: { permission: "fundamental_model_access", mayBeMissing: false },
  ListLoadedModels: { permission: "fundamental_model_access", mayBeMissing: true },
  DescribeModel: { permission: "fundamental_model_access", mayBeMissing: false },
  SelectModel: { permission: "load_models_now", mayBeMissing: false },
  ListT2IParams: { permission: "fundamental_generate_tab_access", mayBeMissing: false },
  GetServerResourceInfo: { permission: "read_server_info_panels", mayBeMissing: true },
  GetMyUserData: { permission: "fundamental_generate_tab_access", mayBeMissing: true },
  GetUserSettings: { permission: "read_user_settings", mayBeMissing: true },
  ListImages: { permission: "view_image_history", mayBeMissing: false },
  GenerateText2Image: { permission: "basic_image_generation", mayBeMissing: false },
  GenerateText2ImageWS: { permission: "basic_image_generation", mayBeMissing: false },
  InterruptAll: { permission: "basic_image_generation", mayBeMissing: false },
  Login: { permission: null, mayBeMissing: true },
  RevokeMyAuthToken: { permission: "edit_user_settings", mayBeMissing: true },
};
