// SPDX-License-Identifier: GPL-2.0-only
/* doctor: every precondition of a delivery, in order, and what to do */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "doctor.h"
#include "selector.h"
#include "sysfs.h"

static const char *const verdicts[] = { "pass", "fail", "unknown" };

static void print_check(struct json_object *item, FILE *to)
{
	const char *result = out_text(item, "result");
	const char *device = out_text(item, "device");
	const char *fix = out_text(item, "fix");
	const char *colour = !strcmp(result, "pass") ? OUT_GREEN :
			     !strcmp(result, "fail") ? OUT_RED : OUT_YELLOW;

	fprintf(to, "%s%-8s%s%-13s%-20s %s\n", out_paint(colour), result,
		out_paint(OUT_PLAIN), *device ? device : "host",
		out_text(item, "check"), out_text(item, "detail"));
	if (*fix)
		fprintf(to, "%41s try: %s\n", "", fix);
}

static const struct view checks_view = {
	.list = "checks",
	.print = print_check,
};

struct tally {
	struct patient *patient;
	unsigned int checks, failed;
};

static void examine(struct tally *tally, const struct check *checks)
{
	struct patient *patient = tally->patient;

	for (const struct check *check = checks; check->name; check++) {
		struct json_object *item = json_object_new_object();
		struct finding finding = { };

		check->look(patient, &finding);
		out_add_text(item, "device",
			     patient->dev ? patient->dev->bdf : "");
		out_add_text(item, "check", check->name);
		out_add_text(item, "result", verdicts[finding.verdict]);
		out_add_text(item, "detail", finding.detail);
		out_add_text(item, "fix", finding.fix);
		out_item(item);
		tally->checks++;
		tally->failed += finding.verdict == FAIL;
	}
}

static void admit(struct patient *patient, struct device *dev)
{
	patient->dev = dev;
	patient->config_len = config_read(dev->path, patient->config);
	if (patient->config_len < 0)
		patient->config_len = 0;
	patient->dvsec = config_find_dvsec(patient->config,
					   patient->config_len);
	if (patient->dvsec)
		patient->capability = config_cxl_capability(patient->config,
							    patient->config_len,
							    patient->dvsec);
	window_bridge_of(dev, patient->bridge, sizeof(patient->bridge));
	device_driver(dev, patient->driver, sizeof(patient->driver));
	device_region_read(dev, "state", patient->state,
			   sizeof(patient->state));
	device_region_read(dev, "error", patient->sentence,
			   sizeof(patient->sentence));
	device_region_u64(dev, "size", &patient->size);
	device_region_u64(dev, "size_max", &patient->size_max);
	device_region_u64(dev, "available", &patient->available);
}

static int examine_device(struct device *dev, void *data)
{
	struct tally *tally = data;

	admit(tally->patient, dev);
	examine(tally, device_checks);
	return 0;
}

/* A device that shows no memory is the very one that needs a doctor */
static int find_patient(struct command *cmd, struct device *dev,
			struct error *err)
{
	struct selector sel;
	char path[SYSFS_PATH];
	int rc = selector_find(&cmd->host, cmd->argv[0], dev, err);

	if (rc != -ENODEV || selector_parse(cmd->argv[0], &sel) ||
	    sel.kind != SELECT_ADDRESS)
		return rc;
	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s", sel.text);
	if (device_open(&cmd->host, dev, path))
		return rc;
	memset(err, 0, sizeof(*err));
	return 0;
}

static int examine_all(struct command *cmd, struct tally *tally,
		       struct error *err)
{
	struct device dev;

	if (!cmd->argc) {
		examine(tally, host_checks);
		return devices_each(&cmd->host, examine_device, tally);
	}
	if (find_patient(cmd, &dev, err))
		return -1;
	examine(tally, host_checks);
	examine_device(&dev, tally);
	device_close(&dev);
	return 0;
}

int verb_doctor(struct command *cmd, struct error *err)
{
	struct patient *patient = calloc(1, sizeof(*patient));
	struct tally tally = { .patient = patient };
	int rc;

	if (!patient)
		abort();
	out_begin(&checks_view);
	windows_load(&cmd->host, &patient->windows);
	rc = examine_all(cmd, &tally, err);
	windows_free(&patient->windows);
	free(patient);
	if (rc)
		return FAILED;
	if (!tally.failed)
		return DONE;
	error_what(err, "%u of %u checks failed", tally.failed, tally.checks);
	error_why(err, "each says what to do");
	return FAILED;
}
