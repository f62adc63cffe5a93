{{- /* Generated from natsop_core/rbac.py by `make generate`. */}}

{{- define "nats-operator.rules.work" -}}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsclusters"], verbs: ["patch"]}
- {apiGroups: ["jetstream.nats.io"], resources: ["streams"], verbs: ["list"]}
- {apiGroups: ["jetstream.nats.io"], resources: ["consumers"], verbs: ["list"]}
- {apiGroups: ["jetstream.nats.io"], resources: ["keyvalues"], verbs: ["list"]}
- {apiGroups: ["jetstream.nats.io"], resources: ["objectstores"], verbs: ["list"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsclusters"], verbs: ["get", "list", "watch"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsclusters/status"], verbs: ["patch"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsclusters/finalizers"], verbs: ["update"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsboxes"], verbs: ["get", "list", "watch"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsboxes/status"], verbs: ["patch"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsboxes/finalizers"], verbs: ["update"]}
- {apiGroups: [""], resources: ["configmaps"], verbs: ["create", "delete", "get", "list", "patch", "watch"]}
- {apiGroups: [""], resources: ["secrets"], verbs: ["create", "delete", "get", "list", "patch", "watch"]}
- {apiGroups: [""], resources: ["services"], verbs: ["create", "delete", "get", "list", "patch", "watch"]}
- {apiGroups: ["apps"], resources: ["statefulsets"], verbs: ["create", "delete", "get", "list", "patch", "watch"]}
- {apiGroups: ["apps"], resources: ["deployments"], verbs: ["create", "delete", "get", "list", "patch", "watch"]}
- {apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: ["create", "delete", "get", "list", "patch", "watch"]}
- {apiGroups: [""], resources: ["serviceaccounts"], verbs: ["create", "delete", "get", "list", "patch", "watch"]}
- {apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: ["create", "delete", "get", "list", "patch", "watch"]}
- {apiGroups: ["monitoring.coreos.com"], resources: ["podmonitors"], verbs: ["create", "delete", "get", "list", "patch", "watch"]}
- {apiGroups: ["jetstream.nats.io"], resources: ["accounts"], verbs: ["create", "delete", "get", "list", "patch", "watch"]}
- {apiGroups: [""], resources: ["pods"], verbs: ["list", "watch", "delete"]}
- {apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["list", "watch", "patch"]}
- {apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create"]}
{{- end }}

{{- define "nats-operator.rules.reviews" -}}
- {apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"]}
- {apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"]}
{{- end }}

{{- define "nats-operator.rules.leaderElection" -}}
- {apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"]}
- {apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "update"], resourceNames: [{{ include "nats-operator.leaseName" . | quote }}]}
{{- end }}

{{- define "nats-operator.rules.metricsReader" -}}
- {nonResourceURLs: ["/metrics"], verbs: ["get"]}
{{- end }}

{{- define "nats-operator.rules.view" -}}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsclusters"], verbs: ["get", "list", "watch"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsclusters/status"], verbs: ["get"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsboxes"], verbs: ["get", "list", "watch"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsboxes/status"], verbs: ["get"]}
{{- end }}

{{- define "nats-operator.rules.edit" -}}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsclusters"], verbs: ["get", "list", "watch", "create", "delete", "deletecollection", "patch", "update"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsclusters/status"], verbs: ["get"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsboxes"], verbs: ["get", "list", "watch", "create", "delete", "deletecollection", "patch", "update"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsboxes/status"], verbs: ["get"]}
{{- end }}

{{- define "nats-operator.rules.admin" -}}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsclusters"], verbs: ["get", "list", "watch", "create", "delete", "deletecollection", "patch", "update"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsclusters/status"], verbs: ["get"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsboxes"], verbs: ["get", "list", "watch", "create", "delete", "deletecollection", "patch", "update"]}
- {apiGroups: ["nats.crewlet.cloud"], resources: ["natsboxes/status"], verbs: ["get"]}
{{- end }}
