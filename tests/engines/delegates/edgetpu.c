/* An Edge TPU's stand-in: a delegate that takes the operator of compiled models, and fails when it is told to.

   The class whose number is the first byte of the input gets the highest score, all others none: whoever sees the
   output knows which picture it was.

   Options: what it is told by the delegate's options, or by the lines KEY=VALUE of the file that `device` names.
     device=FILE    plugged in while that file is there; lost where it goes away
     refuse=WHY     does not start
     unfit=WHY      starts, and does not take the model
     fail_after=N   works N times, and then reports an error
     hang_at=N      never comes back from the Nth call; 0: it does not start either
     crash_at=N     ends the process in the Nth call

   The structures are those of TFLite's C interface (tensorflow/lite/core/c/common.h), as far as they are
   needed: a delegate is loaded by the name of its functions, and no package brings the header. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum { OK, ERROR } Status;

typedef struct {
  int size;
  int data[];
} IntArray;

typedef struct {
  int type;
  void *data;
  IntArray *dims;
  float scale;
  int32_t zero_point;
  int allocation_type;
  size_t bytes;
  const void *allocation;
  const char *name;
  void *delegate;
  int buffer_handle;
  bool data_is_stale, is_variable;
  int quantization_type;
  void *quantization;
  void *sparsity;
  const IntArray *dims_signature;
} Tensor;
_Static_assert(sizeof(void *) != 8 || sizeof(Tensor) == 112, "TfLiteTensor of a 64-bit system");

typedef struct {
  IntArray *inputs, *outputs, *intermediates, *temporaries;
  void *user_data; /* and more, which nobody here reads */
} Node;

typedef struct Context Context;
typedef struct Delegate Delegate;

typedef struct {
  void *(*init)(Context *, const char *, size_t);
  void (*free)(Context *, void *);
  Status (*prepare)(Context *, Node *);
  Status (*invoke)(Context *, Node *);
  const char *(*profiling_string)(const Context *, const Node *);
  int32_t builtin_code;
  const char *custom_name;
  int version;
  void *external;
  void *async_kernel;
  uint64_t inplace_operator;
} Registration;

struct Context {
  size_t tensors_size;
  Status (*get_execution_plan)(Context *, IntArray **);
  Tensor *tensors;
  void *impl;
  void *resize_tensor;
  void (*report_error)(Context *, const char *, ...);
  void *add_tensors;
  Status (*get_node)(Context *, int, Node **, Registration **);
  Status (*replace)(Context *, Registration, const IntArray *, Delegate *); /* and more */
};

struct Delegate {
  void *data;
  Status (*prepare)(Context *, Delegate *);
  void *copy_from_buffer, *copy_to_buffer, *free_buffer;
  int64_t flags;
  void *opaque_builder;
};

typedef struct {
  Delegate delegate;
  char device[4096], refuse[256], unfit[256];
  long fail_after, hang_at, crash_at, calls;
} EdgeTpu;

static Status say(Context *context, const char *why) {
  context->report_error(context, "%s", why);
  return ERROR;
}

/* Not for loops without end, which a compiler may take for granted that they are none. */
static void hang(void) {
  for (;;) pause();
}

static bool plugged_in(const EdgeTpu *tpu) { return !*tpu->device || access(tpu->device, F_OK) == 0; }

static void *init(Context *context, const char *parameters, size_t length) {
  (void)context, (void)length;
  /* TfLiteDelegateParams: what a delegate's own operator is given; its first member is the delegate. */
  return *(EdgeTpu *const *)parameters;
}

static Status invoke(Context *context, Node *node) {
  EdgeTpu *tpu = node->user_data;
  long call = ++tpu->calls;
  if (call == tpu->hang_at) hang();
  if (call == tpu->crash_at) *(volatile int *)0 = 1;
  if (!plugged_in(tpu)) return say(context, "the device was unplugged");
  if (tpu->fail_after >= 0 && call > tpu->fail_after) return say(context, "the device does not answer");
  const uint8_t *picture = context->tensors[node->inputs->data[0]].data;
  for (int i = 0; i < node->outputs->size; i++) {
    Tensor *out = &context->tensors[node->outputs->data[i]];
    memset(out->data, 0, out->bytes);
    ((uint8_t *)out->data)[picture[0] % out->bytes] = 255;
  }
  return OK;
}

static Status prepare_node(Context *context, Node *node) {
  (void)context, (void)node;
  return OK;
}

static Status prepare(Context *context, Delegate *delegate) {
  EdgeTpu *tpu = (EdgeTpu *)delegate;
  if (*tpu->unfit) return say(context, tpu->unfit);
  IntArray *plan;
  if (context->get_execution_plan(context, &plan) != OK) return ERROR;
  IntArray *ours = calloc(1, sizeof(IntArray) + sizeof(int) * (size_t)plan->size);
  for (int i = 0; i < plan->size; i++) {
    Node *node;
    Registration *operator;
    if (context->get_node(context, plan->data[i], &node, &operator) != OK) return ERROR;
    if (operator->custom_name && !strcmp(operator->custom_name, "edgetpu-custom-op"))
      ours->data[ours->size++] = plan->data[i];
  }
  Registration own = {
      .init = init, .prepare = prepare_node, .invoke = invoke, .custom_name = "EdgeTpuStandIn", .version = 1};
  Status status = context->replace(context, own, ours, delegate);
  free(ours);
  return status;
}

static bool told(EdgeTpu *tpu, const char *key, const char *value) {
  if (!strcmp(key, "device")) return snprintf(tpu->device, sizeof tpu->device, "%s", value) > 0;
  if (!strcmp(key, "refuse")) return snprintf(tpu->refuse, sizeof tpu->refuse, "%s", value) > 0;
  if (!strcmp(key, "unfit")) return snprintf(tpu->unfit, sizeof tpu->unfit, "%s", value) > 0;
  long *number = !strcmp(key, "fail_after") ? &tpu->fail_after
                 : !strcmp(key, "hang_at")  ? &tpu->hang_at
                 : !strcmp(key, "crash_at") ? &tpu->crash_at
                                            : NULL;
  if (number) *number = atol(value);
  return number;
}

/* Its file says what it will do. */
static bool told_by_device(EdgeTpu *tpu) {
  char line[300];
  bool known = true;
  FILE *file = fopen(tpu->device, "r");
  while (file && fgets(line, sizeof line, file)) {
    char *key = strtok(line, "=\n"), *value = strtok(NULL, "\n");
    if (key) known = value && told(tpu, key, value) && known;
  }
  if (file) fclose(file);
  return known;
}

static const char *fault(EdgeTpu *tpu, char **keys, char **values, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!told(tpu, keys[i], values[i])) return "an option that this delegate does not have";
  if (!plugged_in(tpu)) return "no device";
  if (*tpu->device && !told_by_device(tpu)) return "an option that this delegate does not have";
  return *tpu->refuse ? tpu->refuse : NULL;
}

void *tflite_plugin_create_delegate(char **keys, char **values, size_t count, void (*report)(const char *)) {
  EdgeTpu *tpu = calloc(1, sizeof *tpu);
  /* As libedgetpu: without the flag kTfLiteDelegateFlagsAllowDynamicTensors, its operator stays unresolved. */
  tpu->delegate.flags = 1;
  tpu->delegate.prepare = prepare;
  tpu->fail_after = tpu->hang_at = tpu->crash_at = -1;
  const char *why = fault(tpu, keys, values, count);
  if (why) {
    report(why);
    free(tpu);
    return NULL;
  }
  if (tpu->hang_at == 0) hang();
  return tpu;
}

void tflite_plugin_destroy_delegate(void *delegate) { free(delegate); }
