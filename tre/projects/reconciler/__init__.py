"""Makes the world equal to the desired state, and says where it is not."""
