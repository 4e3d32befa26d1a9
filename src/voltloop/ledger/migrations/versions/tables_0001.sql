CREATE TABLE api_key (
  id UUID NOT NULL,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  scopes TEXT[] NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  revoked_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_api_key PRIMARY KEY (id),
  UNIQUE (digest)
);

CREATE TABLE capture_claim (
  id UUID NOT NULL,
  declaration_id UUID NOT NULL,
  job_id UUID NOT NULL,
  content UUID NOT NULL,
  CONSTRAINT pk_capture_claim PRIMARY KEY (id, declaration_id)
);

CREATE TABLE capture_clock (
  id SMALLINT NOT NULL,
  last_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_capture_clock PRIMARY KEY (id)
);

CREATE TABLE capture_job (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  finished_at TIMESTAMP WITH TIME ZONE,
  running BOOLEAN NOT NULL,
  success BOOLEAN NOT NULL,
  behaviour TEXT NOT NULL,
  errors JSONB NOT NULL,
  error_count BIGINT NOT NULL,
  media_type TEXT NOT NULL,
  spool TEXT NOT NULL,
  lenient BOOLEAN NOT NULL,
  position BIGINT NOT NULL,
  captured BIGINT NOT NULL,
  claimed BOOLEAN NOT NULL,
  api_key_id UUID,
  CONSTRAINT pk_capture_job PRIMARY KEY (id)
);

CREATE TABLE closed_page_token (
  id UUID NOT NULL,
  closed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_closed_page_token PRIMARY KEY (id)
);

CREATE TABLE company_prefix (
  prefix TEXT NOT NULL,
  CONSTRAINT pk_company_prefix PRIMARY KEY (prefix)
);

CREATE TABLE context (
  id UUID NOT NULL,
  prefixes TEXT NOT NULL,
  CONSTRAINT pk_context PRIMARY KEY (id)
);

CREATE TABLE dead_letter (
  id UUID NOT NULL,
  received_at TIMESTAMP WITH TIME ZONE NOT NULL,
  channel TEXT NOT NULL,
  place TEXT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  raw TEXT NOT NULL,
  resolved BOOLEAN DEFAULT false NOT NULL,
  CONSTRAINT pk_dead_letter PRIMARY KEY (id)
);

CREATE INDEX ix_dead_letter_received_at ON dead_letter (received_at);

CREATE TABLE delivery (
  id UUID NOT NULL,
  subscription_id UUID NOT NULL,
  state TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  watermark TIMESTAMP WITH TIME ZONE NOT NULL,
  event_count INTEGER NOT NULL,
  is_last BOOLEAN NOT NULL,
  attempts INTEGER NOT NULL,
  rung INTEGER NOT NULL,
  body BYTEA,
  CONSTRAINT pk_delivery PRIMARY KEY (id)
);

CREATE INDEX ix_delivery_subscription_id_created_at ON delivery (subscription_id, created_at);

CREATE TABLE delivery_attempt (
  delivery_id UUID NOT NULL,
  number INTEGER NOT NULL,
  made_at TIMESTAMP WITH TIME ZONE NOT NULL,
  duration_s DOUBLE PRECISION NOT NULL,
  status INTEGER,
  note TEXT NOT NULL,
  CONSTRAINT pk_delivery_attempt PRIMARY KEY (delivery_id, number)
);

CREATE TABLE device (
  id UUID NOT NULL,
  text TEXT NOT NULL,
  first_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_device PRIMARY KEY (id)
);

CREATE TABLE device_binding (
  device_id UUID NOT NULL,
  from_at TIMESTAMP WITH TIME ZONE NOT NULL,
  until_at TIMESTAMP WITH TIME ZONE,
  thing_id UUID NOT NULL,
  thing TEXT NOT NULL,
  CONSTRAINT pk_device_binding PRIMARY KEY (device_id, from_at)
);

CREATE INDEX ix_device_binding_thing_id ON device_binding (thing_id);

CREATE TABLE early_declaration (
  id UUID NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_early_declaration PRIMARY KEY (id, record_at)
);

CREATE TABLE emptied (
  epc_id UUID NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  is_assembly BOOLEAN NOT NULL,
  place_id UUID,
  CONSTRAINT pk_emptied PRIMARY KEY (epc_id, at, record_at)
);

CREATE TABLE event (
  event_at TIMESTAMP WITH TIME ZONE NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  type TEXT NOT NULL,
  action TEXT,
  biz_step TEXT,
  disposition TEXT,
  read_point_id UUID,
  biz_location_id UUID,
  parent_id UUID,
  event_id TEXT NOT NULL,
  declared_at TIMESTAMP WITH TIME ZONE,
  planned BOOLEAN NOT NULL,
  context_id UUID,
  document TEXT NOT NULL,
  CONSTRAINT pk_event PRIMARY KEY (event_at, record_at)
)
 PARTITION BY RANGE (event_at);

CREATE INDEX ix_event_biz_location_id_event_at ON event (biz_location_id, event_at);

CREATE INDEX ix_event_biz_step_event_at ON event (biz_step, event_at);

CREATE INDEX ix_event_declaration ON event (declared_at) WHERE declared_at IS NOT NULL;

CREATE INDEX ix_event_deletion ON event (event_at) WHERE action = 'DELETE';

CREATE INDEX ix_event_disposition_event_at ON event (disposition, event_at);

CREATE INDEX ix_event_planned ON event (event_at) WHERE planned;

CREATE INDEX ix_event_rarer_type ON event (type, event_at) WHERE type <> 'ObjectEvent';

CREATE INDEX ix_event_read_point_id_event_at ON event (read_point_id, event_at);

CREATE INDEX ix_event_record_at ON event (record_at);

CREATE TABLE event_early PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2010-01-01 00:00:00+00');

CREATE TABLE event_late PARTITION OF event FOR VALUES FROM ('2050-01-01 00:00:00+00') TO (MAXVALUE);

CREATE TABLE event_field (
  event_at TIMESTAMP WITH TIME ZONE NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  name_id UUID NOT NULL,
  value_id UUID,
  number DOUBLE PRECISION,
  position INTEGER NOT NULL,
  CONSTRAINT pk_event_field PRIMARY KEY (event_at, record_at, name_id, position)
)
 PARTITION BY RANGE (event_at);

CREATE INDEX ix_event_field_name_id_value_id_event_at ON event_field (name_id, value_id, event_at);

CREATE INDEX ix_event_field_number ON event_field (name_id, number) WHERE number IS NOT NULL;

CREATE TABLE event_field_early PARTITION OF event_field FOR VALUES FROM (MINVALUE) TO ('2010-01-01 00:00:00+00');

CREATE TABLE event_field_late PARTITION OF event_field FOR VALUES FROM ('2050-01-01 00:00:00+00') TO (MAXVALUE);

CREATE TABLE event_identity (
  id UUID NOT NULL,
  declaration_id UUID NOT NULL,
  event_at TIMESTAMP WITH TIME ZONE NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_event_identity PRIMARY KEY (id, declaration_id)
);

CREATE TABLE finding (
  id UUID NOT NULL,
  code TEXT NOT NULL,
  epc_id UUID NOT NULL,
  event_at TIMESTAMP WITH TIME ZONE NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  found_at TIMESTAMP WITH TIME ZONE NOT NULL,
  message TEXT NOT NULL,
  details JSONB NOT NULL,
  closed_at TIMESTAMP WITH TIME ZONE,
  closed_by TEXT,
  reason TEXT,
  CONSTRAINT pk_finding PRIMARY KEY (id)
);

CREATE INDEX ix_finding_epc_id ON finding (epc_id);

CREATE INDEX ix_finding_open ON finding (found_at) WHERE closed_at IS NULL;

CREATE TABLE forecast (
  thing_id UUID NOT NULL,
  place TEXT NOT NULL,
  issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
  thing TEXT NOT NULL,
  fix_at TIMESTAMP WITH TIME ZONE NOT NULL,
  for_at TIMESTAMP WITH TIME ZONE NOT NULL,
  planned_at TIMESTAMP WITH TIME ZONE,
  remaining_km DOUBLE PRECISION NOT NULL,
  source TEXT NOT NULL,
  basis JSONB NOT NULL,
  CONSTRAINT pk_forecast PRIMARY KEY (thing_id, place, issued_at)
);

CREATE TABLE geofence (
  id UUID NOT NULL,
  name TEXT NOT NULL,
  place TEXT,
  shape JSONB NOT NULL,
  dwell_s DOUBLE PRECISION NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_geofence PRIMARY KEY (id)
);

CREATE TABLE master_data_attribute (
  id UUID NOT NULL,
  vocabulary TEXT NOT NULL,
  attribute_id UUID NOT NULL,
  position INTEGER NOT NULL,
  attribute TEXT NOT NULL,
  value JSONB NOT NULL,
  value_id UUID,
  captured_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_master_data_attribute PRIMARY KEY (id, vocabulary, attribute_id, position)
);

CREATE INDEX ix_master_data_attribute_attribute_id_value_id ON master_data_attribute (attribute_id, value_id);

CREATE TABLE master_data_child (
  id UUID NOT NULL,
  vocabulary TEXT NOT NULL,
  child_id UUID NOT NULL,
  child TEXT NOT NULL,
  CONSTRAINT pk_master_data_child PRIMARY KEY (id, vocabulary, child_id)
);

CREATE TABLE master_data_element (
  id UUID NOT NULL,
  vocabulary TEXT NOT NULL,
  text TEXT NOT NULL,
  captured_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_master_data_element PRIMARY KEY (id, vocabulary)
);

CREATE TABLE movement (
  class_id UUID NOT NULL,
  holder_id UUID NOT NULL,
  event_at TIMESTAMP WITH TIME ZONE NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  quantity DOUBLE PRECISION,
  uom TEXT NOT NULL,
  is_count BOOLEAN NOT NULL,
  CONSTRAINT pk_movement PRIMARY KEY (class_id, event_at, record_at, holder_id, uom, is_count)
);

CREATE INDEX ix_movement_holder_id_class_id ON movement (holder_id, class_id);

CREATE TABLE named_query (
  name TEXT NOT NULL,
  query JSONB NOT NULL,
  namespaces JSONB NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_named_query PRIMARY KEY (name)
);

CREATE TABLE past_state (
  epc_id UUID NOT NULL,
  from_at TIMESTAMP WITH TIME ZONE NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  is_present BOOLEAN NOT NULL,
  born_at TIMESTAMP WITH TIME ZONE,
  place_id UUID,
  placed_at TIMESTAMP WITH TIME ZONE,
  left_id UUID,
  container_id UUID,
  contained_at TIMESTAMP WITH TIME ZONE,
  assembly_id UUID,
  assembled_at TIMESTAMP WITH TIME ZONE,
  custody_id UUID,
  custody_at TIMESTAMP WITH TIME ZONE,
  owner_id UUID,
  owner_at TIMESTAMP WITH TIME ZONE,
  disposition TEXT,
  disposition_at TIMESTAMP WITH TIME ZONE,
  persistent TEXT,
  hold TEXT,
  held_at TIMESTAMP WITH TIME ZONE,
  health DOUBLE PRECISION,
  health_at TIMESTAMP WITH TIME ZONE,
  until_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_past_state PRIMARY KEY (epc_id, from_at)
);

CREATE INDEX ix_past_state_assembly ON past_state (assembly_id, until_at) WHERE assembly_id IS NOT NULL;

CREATE INDEX ix_past_state_container ON past_state (container_id, until_at) WHERE container_id IS NOT NULL;

CREATE INDEX ix_past_state_left ON past_state (left_id) WHERE left_id IS NOT NULL;

CREATE INDEX ix_past_state_place ON past_state (place_id, until_at) WHERE place_id IS NOT NULL AND container_id IS NULL AND assembly_id IS NULL;

CREATE INDEX ix_past_state_seen ON past_state (place_id, until_at) WHERE placed_at > greatest(contained_at, assembled_at);

CREATE TABLE reading (
  device_id UUID NOT NULL,
  metric TEXT COLLATE "C" NOT NULL,
  measured_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sequence BIGINT NOT NULL,
  number DOUBLE PRECISION,
  uom TEXT NOT NULL,
  words TEXT,
  latitude DOUBLE PRECISION,
  longitude DOUBLE PRECISION,
  accuracy_m DOUBLE PRECISION,
  sent_at TIMESTAMP WITH TIME ZONE,
  received_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_reading PRIMARY KEY (device_id, metric, measured_at, sequence)
)
 PARTITION BY RANGE (measured_at);

CREATE TABLE reading_early PARTITION OF reading FOR VALUES FROM (MINVALUE) TO ('2010-01-01 00:00:00+00');

CREATE TABLE reading_late PARTITION OF reading FOR VALUES FROM ('2050-01-01 00:00:00+00') TO (MAXVALUE);

CREATE TABLE reading_now (
  device_id UUID NOT NULL,
  metric TEXT COLLATE "C" NOT NULL,
  measured_at TIMESTAMP WITH TIME ZONE NOT NULL,
  number DOUBLE PRECISION,
  uom TEXT NOT NULL,
  words TEXT,
  latitude DOUBLE PRECISION,
  longitude DOUBLE PRECISION,
  accuracy_m DOUBLE PRECISION,
  sent_at TIMESTAMP WITH TIME ZONE,
  received_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_reading_now PRIMARY KEY (device_id, metric)
)
 WITH (fillfactor = 60);

CREATE TABLE reading_sequence (
  device_id UUID NOT NULL,
  metric TEXT COLLATE "C" NOT NULL,
  session TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  measured_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_reading_sequence PRIMARY KEY (device_id, metric, session, sequence)
);

CREATE TABLE seal (
  epc_id UUID NOT NULL,
  container_id UUID NOT NULL,
  number TEXT NOT NULL,
  issuer TEXT,
  class TEXT,
  kind TEXT,
  event_at TIMESTAMP WITH TIME ZONE NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_seal PRIMARY KEY (epc_id)
);

CREATE INDEX ix_seal_number ON seal (number);

CREATE TABLE state (
  epc_id UUID NOT NULL,
  from_at TIMESTAMP WITH TIME ZONE NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  is_present BOOLEAN NOT NULL,
  born_at TIMESTAMP WITH TIME ZONE,
  place_id UUID,
  placed_at TIMESTAMP WITH TIME ZONE,
  left_id UUID,
  container_id UUID,
  contained_at TIMESTAMP WITH TIME ZONE,
  assembly_id UUID,
  assembled_at TIMESTAMP WITH TIME ZONE,
  custody_id UUID,
  custody_at TIMESTAMP WITH TIME ZONE,
  owner_id UUID,
  owner_at TIMESTAMP WITH TIME ZONE,
  disposition TEXT,
  disposition_at TIMESTAMP WITH TIME ZONE,
  persistent TEXT,
  hold TEXT,
  held_at TIMESTAMP WITH TIME ZONE,
  health DOUBLE PRECISION,
  health_at TIMESTAMP WITH TIME ZONE,
  through_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_state PRIMARY KEY (epc_id)
)
 WITH (fillfactor = 75);

CREATE INDEX ix_state_assembly ON state (assembly_id) WHERE assembly_id IS NOT NULL;

CREATE INDEX ix_state_container ON state (container_id) WHERE container_id IS NOT NULL;

CREATE INDEX ix_state_hold ON state (hold) WHERE hold IS NOT NULL;

CREATE INDEX ix_state_left ON state (left_id) WHERE left_id IS NOT NULL;

CREATE INDEX ix_state_place ON state (place_id) WHERE place_id IS NOT NULL AND container_id IS NULL AND assembly_id IS NULL;

CREATE INDEX ix_state_seen ON state (place_id) WHERE placed_at > greatest(contained_at, assembled_at);

CREATE TABLE subscription (
  id UUID NOT NULL,
  query_name TEXT NOT NULL,
  dest TEXT NOT NULL,
  tokens TEXT[] NOT NULL,
  schedule JSONB,
  report_if_empty BOOLEAN NOT NULL,
  initial_record_at TIMESTAMP WITH TIME ZONE,
  epc_format TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  watermark TIMESTAMP WITH TIME ZONE NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE,
  batch_events INTEGER NOT NULL,
  state TEXT NOT NULL,
  last_notified_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_subscription PRIMARY KEY (id)
);

CREATE INDEX ix_subscription_due_at ON subscription (due_at);

CREATE INDEX ix_subscription_query_name_created_at_id ON subscription (query_name, created_at, id);

CREATE TABLE telemetry_clock (
  id SMALLINT NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  kept_from_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_telemetry_clock PRIMARY KEY (id)
);

CREATE TABLE telemetry_due (
  device_id UUID NOT NULL,
  from_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_telemetry_due PRIMARY KEY (device_id)
);

CREATE TABLE thing (
  id UUID NOT NULL,
  text TEXT NOT NULL,
  canonical TEXT NOT NULL,
  kind SMALLINT NOT NULL,
  class_id UUID,
  first_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_thing PRIMARY KEY (id)
);

CREATE INDEX ix_thing_canonical ON thing (canonical text_pattern_ops);

CREATE TABLE thing_conditions (
  thing_id UUID NOT NULL,
  thing TEXT NOT NULL,
  goods TEXT,
  limits JSONB NOT NULL,
  corridor JSONB,
  changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_thing_conditions PRIMARY KEY (thing_id)
);

CREATE TABLE told (
  id UUID NOT NULL,
  device_id UUID NOT NULL,
  thing_id UUID NOT NULL,
  kind TEXT NOT NULL,
  rule TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
  details JSONB NOT NULL,
  events JSONB NOT NULL,
  finding_id UUID,
  voided_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_told PRIMARY KEY (id)
);

CREATE INDEX ix_told_thing_id_at ON told (thing_id, at);

CREATE INDEX ix_told_watch ON told (device_id, thing_id, seen_at);

CREATE TABLE trace (
  epc_id UUID NOT NULL,
  event_at TIMESTAMP WITH TIME ZONE NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  role SMALLINT NOT NULL,
  quantity DOUBLE PRECISION,
  uom TEXT,
  position INTEGER NOT NULL,
  CONSTRAINT pk_trace PRIMARY KEY (epc_id, event_at, record_at, role, position)
)
 PARTITION BY RANGE (event_at);

CREATE TABLE trace_early PARTITION OF trace FOR VALUES FROM (MINVALUE) TO ('2010-01-01 00:00:00+00');

CREATE TABLE trace_late PARTITION OF trace FOR VALUES FROM ('2050-01-01 00:00:00+00') TO (MAXVALUE);

CREATE TABLE voided (
  event_at TIMESTAMP WITH TIME ZONE NOT NULL,
  record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  declared_record_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_voided PRIMARY KEY (event_at, record_at)
);

CREATE TABLE watch_state (
  device_id UUID NOT NULL,
  thing_id UUID NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  through_at TIMESTAMP WITH TIME ZONE NOT NULL,
  state JSONB NOT NULL,
  CONSTRAINT pk_watch_state PRIMARY KEY (device_id, thing_id, at)
);
