// Tests must see the same product whatever the machine: no colours, a neutral git, no user configuration.
process.env.NO_COLOR = '1';
process.env.TZ = 'UTC';
process.env.GIT_CONFIG_GLOBAL = '/dev/null';
process.env.GIT_CONFIG_NOSYSTEM = '1';
delete process.env.FORCE_COLOR;
delete process.env.NHI_AUDIT_FINGERPRINT_KEY;
