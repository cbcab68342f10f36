/* Writes where nothing is, as a library made for another interpreter does. */
#include <stddef.h>

void *tflite_plugin_create_delegate(char **keys, char **values, size_t count,
                                    void (*report)(const char *)) {
  (void)keys, (void)values, (void)count, (void)report;
  *(volatile int *)0 = 1;
  return NULL;
}

void tflite_plugin_destroy_delegate(void *delegate) { (void)delegate; }
