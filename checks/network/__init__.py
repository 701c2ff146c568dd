"""Python checks of network devices, BMCs and other appliances."""
