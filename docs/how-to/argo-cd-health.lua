-- The health of a NatsCluster or NatsBox, for Argo CD (docs/how-to/gitops.md).
local function condition(type)
  for _, each in ipairs((obj.status or {}).conditions or {}) do
    if each.type == type then
      return each
    end
  end
  return {}
end

local ready, degraded = condition("Ready"), condition("Degraded")
if obj.metadata.deletionTimestamp ~= nil then
  return { status = "Progressing", message = "The resource is being deleted." }
elseif ready.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "The operator has not processed the latest change yet." }
elseif degraded.status == "True" then
  return { status = "Degraded", message = degraded.reason .. ": " .. degraded.message }
elseif ready.status == "True" then
  return { status = "Healthy", message = ready.message }
end
return { status = "Progressing", message = ready.reason .. ": " .. ready.message }
