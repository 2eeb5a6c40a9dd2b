#include "actuators/all.h"

int main() {
  return voip::find_actuator("none") != nullptr ? 0 : 1;
}
