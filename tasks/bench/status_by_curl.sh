# What somebody would write instead: the questions of a status, in its two rounds.
set -eu
session=$(cat "$SESSION_FILE" 2>/dev/null || true)
ask() {
  curl -s -X POST -H 'Content-Type: application/json' -d "$2" "$SWARM_URL/API/$1"
}
if [ -z "$session" ]; then
  session=$(ask GetNewSession '{}' | jq -r .session_id)
  printf %s "$session" > "$SESSION_FILE"
fi
answers=$(mktemp -d)
trap 'rm -r "$answers"' EXIT
ask GetGlobalStatus "{\"session_id\":\"$session\"}" > "$answers/global" &
ask ListBackends "{\"session_id\":\"$session\",\"full_data\":true}" > "$answers/backends" &
ask ListModels "{\"session_id\":\"$session\",\"path\":\"\",\"depth\":20}" > "$answers/models" &
ask GetServerResourceInfo "{\"session_id\":\"$session\"}" > "$answers/resources" &
wait
for id in $(jq -r '.[] | select(.type | startswith("comfyui")) | .id' "$answers/backends"); do
  curl -s -H "X-Swarm-Backend-ID: $id" "$SWARM_URL/ComfyBackendDirect/prompt" \
    > "$answers/queue-$id" &
done
wait
jq -n --slurpfile global "$answers/global" --slurpfile backends "$answers/backends" \
  --slurpfile models "$answers/models" --slurpfile resources "$answers/resources" \
  --slurpfile queues <(cat "$answers"/queue-*) '{
    images: $global[0].status.waiting_gens,
    comfy_jobs: ([$queues[].exec_info.queue_remaining] | add),
    backends: [$backends[0][] | { id, status }],
    models_count: ($models[0].files | length),
    cpu_usage: $resources[0].cpu.usage
  }'
